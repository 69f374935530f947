"""The website: lectures with their pictures, exercises, figures and guides, for readers who install nothing."""
