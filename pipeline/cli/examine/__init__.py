"""What `cxstream doctor` looks at: one module for each dependency, each giving findings."""
