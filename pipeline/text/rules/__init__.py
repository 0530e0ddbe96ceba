"""The writer without an LLM: captions and questions by rule, from the evidence alone."""
