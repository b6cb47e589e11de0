"""The Faust shell: agents consume, call the core, and write. No decisions are made here."""
