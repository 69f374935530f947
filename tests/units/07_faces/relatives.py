"""Unit 07: near relatives of its misconceptions."""

RELATIVES = []
