"""What several whole-house tests share: masters, processes, comparisons."""
