"""A program that stands in for a service: it answers 200 to every question, and little else.

On bare sockets, because seven of them start in many a test and each import would count.
"""

import os
import socketserver
import sys


class Answer(socketserver.StreamRequestHandler):
    """`GET .../setting/X` answers with the program's own setting X."""

    def handle(self) -> None:
        """Every path exists."""
        path = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        told = os.environ.get(path.rpartition("/")[2], "").encode()
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        self.wfile.write(head % len(told) + told)


class Server(socketserver.ThreadingTCPServer):
    """Several questions at once, on a port that was in use a moment ago."""

    allow_reuse_address = True
    daemon_threads = True


def serve() -> None:
    """Listen where the launcher says."""
    if os.environ.get("STAND_INS") == "die":
        sys.exit("the stand-in was told to die")
    address = os.environ["CLAIMPATH_HOST"], int(os.environ["CLAIMPATH_PORT"])
    Server(address, Answer).serve_forever()


if __name__ == "__main__":
    serve()
