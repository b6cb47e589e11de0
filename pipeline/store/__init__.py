"""The only package that talks to ClickHouse: connect, write, load, read, migrate."""
