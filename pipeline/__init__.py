"""cxstream: exact, self-correcting customer journeys and metric windows, from Kafka to ClickHouse.

The flow on one screen: pipeline/agents/worker.py wires it; core/steps.py admits; core/actor.py stitches.
"""
