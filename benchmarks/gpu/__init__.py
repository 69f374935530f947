"""What only a GPU can show, in one script of under eight minutes: python -m benchmarks.gpu"""
