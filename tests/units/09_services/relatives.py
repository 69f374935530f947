"""Unit 09: near relatives of its misconceptions."""

RELATIVES = []
