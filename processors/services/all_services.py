"""The keyed services there are: a new one is added here, and both drivers know it."""

from typing import Any

from processors.services.contracts import ContractService
from processors.services.protocol import Service
from processors.services.social_reports import SocialReportService
from processors.services.subsidies.service import SubsidyService
from schemas.services.topics import TopicName

SERVICES: tuple[Service[Any], ...] = (ContractService(), SocialReportService(), SubsidyService())
SERVICE: dict[str, Service[Any]] = {service.name: service for service in SERVICES}


def owner(topic: TopicName) -> Service[Any] | None:
    """Return the service that admits a topic's events; None for one that services write."""
    return next((service for service in SERVICES if topic in service.topics), None)


def hearers(topic: TopicName) -> tuple[Service[Any], ...]:
    """Return the services that fold a topic's events once its owner has admitted them."""
    return tuple(service for service in SERVICES if topic in service.hears)
