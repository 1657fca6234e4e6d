"""Result indicators of subsidies: yearly reports, the rules that they keep, the figures they give (K)."""
