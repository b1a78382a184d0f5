"""Hosts as network namespaces, with shaped links between them. Needs root and Linux's htb and u32."""
import os
import subprocess

# Of a packet's 1514 bytes, as the shapers count them, TCP with time stamps carries 1448.
TCP_PAYLOAD = 1448 / 1514


def sh(command):
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"{command}: {result.stderr.strip()}")


def may_be_made():
    """Whether this user may make namespaces and shape their links."""
    probe = ("unshare --net sh -c 'ip link add v0 type veth peer name v1 && tc qdisc add dev v0 root handle 1: htb && "
             "tc class add dev v0 parent 1: classid 1:1 htb rate 1mbit && tc qdisc add dev v1 root tbf rate 1mbit burst 4k "
             "limit 8k && tc filter add dev v0 parent 1: protocol ip u32 match ip src 10.0.0.1/32 flowid 1:1'")
    return os.geteuid() == 0 and subprocess.run(probe, shell=True, capture_output=True).returncode == 0


class Network:
    """Namespaces with veth pairs between them: `north` is where a host's way to the one above begins."""

    def __init__(self):
        self.prefix = f"brume{os.getpid()}"
        self.names = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def add(self, name):
        sh(f"ip netns add {self.prefix}{name}")
        self.names.append(self.prefix + name)
        sh(f"{self.inside(name)} ip link set lo up")
        sh(f"{self.inside(name)} sysctl -qw net.ipv4.ip_forward=1")

    def inside(self, name):
        return f"ip netns exec {self.prefix}{name}"

    def connect(self, lower, lower_address, upper, upper_address, segments=1):
        """So many segments are sent as one packet, which costs less of the processor and is as long in the shapers' eyes."""
        ends = (("north", lower, lower_address), (f"to-{lower}", upper, upper_address))
        (a, below, _), (b, above, _) = ends
        sh(f"ip link add {a} netns {self.prefix}{below} type veth peer name {b} netns {self.prefix}{above}")
        for name, node, address in ends:
            sh(f"{self.inside(node)} ip link set {name} gso_max_segs {segments} gso_max_size {1600 * segments}")
            sh(f"{self.inside(node)} ip addr add {address}/24 dev {name}")
            sh(f"{self.inside(node)} ip link set {name} up")

    def route(self, name, gateway, to="default"):
        sh(f"{self.inside(name)} ip route add {to} via {gateway}")

    def limit(self, name, link, rate):
        """What goes into the link waits for its turn at this rate, bit/s."""
        sh(f"{self.inside(name)} tc qdisc add dev {link} root tbf rate {int(rate)}bit burst 8k limit 200k")

    def share(self, name, link, rate, classes, own=False, side="src", segments=1):
        """A class for each address (rate, most): at most that, and an equal part of the whole at least. `own`: each has a
        link of its own that ends here. `side`: whether the addresses send (src) or receive (dst)."""
        tc = f"{self.inside(name)} tc"
        sh(f"{tc} qdisc add dev {link} root handle 1: htb default 9999")
        sh(f"{tc} class add dev {link} parent 1: classid 1:1 htb rate {int(rate)}bit burst 15k cburst 15k")
        sh(f"{tc} class add dev {link} parent 1:1 classid 1:9999 htb rate 1mbit ceil {int(rate)}bit")
        for i, (address, most) in enumerate(classes):
            least = most if own else rate / len(classes)
            sh(f"{tc} class add dev {link} parent 1:1 classid 1:{i + 16:x} htb rate {int(least)}bit ceil {int(most)}bit "
               f"burst {3 * segments}k cburst {3 * segments}k quantum {1514 * segments}")
            sh(f"{tc} qdisc add dev {link} parent 1:{i + 16:x} pfifo limit {60 // segments}")
            sh(f"{tc} filter add dev {link} parent 1: protocol ip u32 match ip {side} {address}/32 flowid 1:{i + 16:x}")

    def close(self):
        for name in self.names:
            subprocess.run(f"ip netns del {name}", shell=True, capture_output=True)
        self.names = []
