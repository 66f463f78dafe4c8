"""The servers of the embedded network, for tests and drills that want real ones.

Start one, use it, end it the hard way, find its data again:

    mongo = Mongo(folder, free_port())
    await mongo.start()
    ... mongo.url ...
    await mongo.kill()      # then start() again: the data are still there
    await mongo.stop()
"""

from deploy.local.kafka import Kafka, Tansu
from deploy.local.mongo import Mongo
from deploy.local.ports import free_port, free_ports
from deploy.local.server import Server

__all__ = ["Kafka", "Mongo", "Server", "Tansu", "free_port", "free_ports"]
