"""A server on loopback that speaks OpenAI's chat completions, as fast as one Python process can.

It answers every question with the same text, counts what it serves, and tells it at /stats.
With --rate it allows so many requests a second and refuses the others with 429 and Retry-After.
"""

import argparse
import asyncio
import json
import time

ANSWER = "The answer is 42."
COMPLETION = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "stub",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": ANSWER},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    }
).encode()
LIMITED = b'{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}'


class Counts:
    def __init__(self, rate):
        self.rate = rate
        self.tokens = float(rate or 0)
        self.filled = time.monotonic()
        self.reset()

    def reset(self):
        self.served = 0
        self.refused = 0
        self.first = None
        self.last = None

    def allows(self):
        if not self.rate:
            return True
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def stats(self):
        span = self.last - self.first if self.served else 0
        return json.dumps({"served": self.served, "refused": self.refused, "span": span}).encode()


def response(status, body, more=b""):
    head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n"
    return head % (status, len(body), more) + body


class Connection(asyncio.Protocol):
    def __init__(self, counts):
        self.counts = counts
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            path = self.buffer.split(b" ", 2)[1]
            self.buffer = self.buffer[end + 4 + length :]
            self.transport.write(self.answer(path))

    def answer(self, path):
        counts = self.counts
        if path == b"/stats":
            return response(200, counts.stats())
        if path == b"/reset":
            counts.reset()
            return response(200, b"{}")
        if path == b"/v1/models":
            return response(200, b'{"object":"list","data":[{"id":"stub","object":"model"}]}')
        if path != b"/v1/chat/completions":
            return response(404, b'{"error":{"message":"there is nothing here"}}')
        now = time.monotonic()
        counts.first = counts.first or now
        counts.last = now
        if not counts.allows():
            counts.refused += 1
            return response(429, LIMITED, b"Retry-After: 1\r\n")
        counts.served += 1
        return response(200, COMPLETION)


async def serve(port, rate):
    counts = Counts(rate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(counts), "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", type=float, help="requests allowed a second")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.rate))
