"""What the board decides without knowing a page: kinds of nothing, editions of reports."""
