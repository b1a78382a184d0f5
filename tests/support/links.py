"""What may stand between two nodes: proxies, and links that break. One thread for each direction of a connection."""
import base64
import socket
import threading


class Link:
    """Forwards connections on a port of its own to `target`. Can be cut (nothing gets through, and nobody hears of it), and
    can flip a bit now and then."""

    def __init__(self, target):
        self.target = target
        self.open = threading.Event()
        self.open.set()
        self.flip_after = None  # bytes until the next flipped bit
        self.flipped = 0
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                below, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(below,), daemon=True).start()

    def serve(self, below):
        try:
            above = self.connect(below)
        except OSError:
            return below.close()
        self.sockets += [below, above]
        threading.Thread(target=self.pump, args=(below, above), daemon=True).start()
        threading.Thread(target=self.pump, args=(above, below), daemon=True).start()

    def connect(self, _below):
        return socket.create_connection(("127.0.0.1", self.target))

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self.open.wait()
                sink.sendall(self.harm(data))
        except OSError:
            pass
        for one in (source, sink):
            self.shut(one)

    def harm(self, data):
        if self.flip_after is None:
            return data
        if self.flip_after >= len(data):
            self.flip_after -= len(data)
            return data
        harmed = bytearray(data)
        harmed[self.flip_after] ^= 0x40
        self.flip_after, self.flipped = None, self.flipped + 1
        return bytes(harmed)

    def close(self):
        self.open.set()
        for one in [self.listener, *self.sockets]:  # a close alone does not wake who accepts or reads
            self.shut(one)
            one.close()

    @staticmethod
    def shut(one):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class HttpProxy(Link):
    """CONNECT, for one user."""

    def __init__(self, user=None, password=""):
        super().__init__(None)
        self.login = user and base64.b64encode(f"{user}:{password}".encode()).decode()
        self.asked = []

    def connect(self, below):
        head = b""
        while b"\r\n\r\n" not in head:
            head += below.recv(1)
        lines = head.decode().split("\r\n")
        self.asked.append(lines[0])
        if self.login and f"Proxy-Authorization: Basic {self.login}" not in lines:
            below.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            raise OSError("no login")
        host, port = lines[0].split()[1].rsplit(":", 1)
        above = socket.create_connection((host, int(port)))
        below.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return above


class SocksProxy(Link):
    """SOCKS version 5, for one user."""

    def __init__(self, user=None, password=""):
        super().__init__(None)
        self.user, self.password, self.asked = user, password, []

    def connect(self, below):
        def read(count):
            data = b""
            while len(data) < count:
                more = below.recv(count - len(data))
                if not more:
                    raise OSError("gone")
                data += more
            return data

        methods = read(read(2)[1])
        wanted = 2 if self.user else 0
        if wanted not in methods:
            below.sendall(b"\x05\xff")
            raise OSError("no method")
        below.sendall(bytes([5, wanted]))
        if self.user:
            read(1)
            user, password = (read(read(1)[0]).decode() for _ in range(2))
            right = (user, password) == (self.user, self.password)
            below.sendall(bytes([1, 0 if right else 1]))
            if not right:
                raise OSError("wrong password")
        kind = read(4)[3]
        host = read(read(1)[0]).decode() if kind == 3 else socket.inet_ntop(
            socket.AF_INET if kind == 1 else socket.AF_INET6, read(4 if kind == 1 else 16))
        port = int.from_bytes(read(2), "big")
        self.asked.append((kind, host, port))
        above = socket.create_connection((host, port))
        below.sendall(b"\x05\x00\x00\x01" + bytes(6))
        return above
