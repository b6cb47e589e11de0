"""Demo traffic: a seeded shop that knows its own truth."""

from pipeline.local.demo.file import demo_file
from pipeline.local.demo.record import DemoRecord
from pipeline.local.demo.shop import Shop
from pipeline.local.demo.stories import Story
from pipeline.local.demo.truth import Truth

__all__ = ["DemoRecord", "Shop", "Story", "Truth", "demo_file"]
