"""Synthetic records of keyed services: contracts, decisions, requests and yearly reports of nobody."""

from synthetic.services.write import Made, generate_services

__all__ = ["Made", "generate_services"]
