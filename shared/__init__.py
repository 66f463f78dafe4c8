"""What the five services share: contracts, the runtime, the edges to MongoDB, Kafka, HTTP."""
