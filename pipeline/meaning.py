"""What numbers mean, from the settings and the catalogue of metrics."""

from pipeline import catalogue
from pipeline.core.meaning import DAY, HOUR, MINUTE, Meaning
from pipeline.settings import Settings


def meaning_of(settings: Settings) -> Meaning:
    """Give the part of the settings that decides what numbers mean."""
    limits = (limit.rpartition("=") for limit in settings.identity_limits)
    return Meaning(
        session_gap=settings.session_gap_minutes * MINUTE,
        session_length=settings.session_length_hours * HOUR,
        campaign_cuts=settings.session_cut_by_campaign,
        midnight_zone=settings.session_midnight_zone,
        identity_reach=settings.identity_reach_days * DAY,
        limits={of: int(number) for of, _, number in limits},
        actor_limit=settings.actor_limit,
        reply_in_chat=settings.first_reply_chat_minutes * MINUTE,
        reply_in_social=settings.first_reply_social_minutes * MINUTE,
        reply_elsewhere=settings.first_reply_hours * HOUR,
        friction_threshold=settings.friction_threshold,
        friction_cleared=settings.friction_cleared,
        flows=catalogue.load().flows,
    )
