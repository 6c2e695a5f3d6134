# Sends with Debian's python3-statsd what TestPythonStatsd expects.
#
#	python3 statsd_client.py udp|tcp|unix ADDRESS PREFIX
import sys

from statsd import StatsClient, TCPStatsClient, UnixSocketStatsClient

network, address, prefix = sys.argv[1:]
if network == "unix":
	client = UnixSocketStatsClient(address, prefix=prefix)
else:
	host, port = address.rsplit(":", 1)
	client = {"udp": StatsClient, "tcp": TCPStatsClient}[network](host, int(port), prefix=prefix)

client.incr("page_view")
client.incr("page_view", 4)
client.decr("page_view")
client.gauge("temp", 21)
client.gauge("temp", 4, delta=True)
client.gauge("cold", 3)
client.gauge("cold", -5)
with client.pipeline() as pipe:
	pipe.timing("db", 250)
	pipe.timing("db", 750)
	pipe.set("users", "bob")
	pipe.set("users", "ann")
	pipe.set("users", "bob")
