"""The pages of the board: each is a function of a release and its parameters, and says what stands on it."""
