package rabbitmq

import (
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

const (
	queueState = "rabbitmq_queue_state"
	leftOut    = "plimsoll_rabbitmq_queues_left_out"
)

func gauge(key, name, help string) batch.Field {
	return batch.Field{Key: key, Name: "rabbitmq_" + name, Help: help}
}

func counter(key, name, help string) batch.Field {
	return batch.Field{Key: key, Kind: metric.Counter, Name: "rabbitmq_" + name, Help: help}
}

// totals are told of the cluster.
func totals() []batch.Field {
	return []batch.Field{
		gauge("objects.channels", "channels", "Channels."),
		gauge("objects.connections", "connections", "Connections."),
		gauge("objects.consumers", "consumers", "Consumers."),
		gauge("objects.queues", "queues", "Queues."),
		gauge("objects.exchanges", "exchanges", "Exchanges."),
		gauge("queues.messages", "queue_messages_global", "Messages in all queues."),
		gauge("queues.messages_ready", "queue_messages_ready_global", "Messages in all queues that wait to be delivered."),
		gauge("queues.messages_unacknowledged", "queue_messages_unacknowledged_global", "Messages of all queues that were delivered and not acknowledged."),
		gauge("traffic.publish_details.rate", "messages_publish_rate", "Messages published a second, as the server reckons."),
		gauge("traffic.deliver_details.rate", "messages_deliver_rate", "Messages delivered a second that are to be acknowledged, as the server reckons."),
		gauge("traffic.deliver_no_ack_details.rate", "messages_deliver_no_ack_rate", "Messages delivered a second that need no acknowledgement, as the server reckons."),
	}
}

// nodes are told of each node.
func nodes() []batch.Field {
	return []batch.Field{
		gauge("uptime", "uptime", "Milliseconds since the start."),
		gauge("running", "running", "Whether the node is running."),
		gauge("mem_used", "node_mem_used", "Bytes of memory in use."),
		gauge("mem_limit", "node_mem_limit", "Bytes of memory from which on publishers are held back."),
		gauge("mem_alarm", "node_mem_alarm", "Whether publishers are held back for want of memory."),
		gauge("disk_free", "node_disk_free", "Free bytes on disk."),
		gauge("disk_free_limit", "node_disk_free_limit", "Free bytes below which publishers are held back."),
		gauge("disk_free_alarm", "node_disk_free_alarm", "Whether publishers are held back for want of disk."),
		gauge("fd_used", "fd_used", "File descriptors in use."),
		gauge("fd_total", "fd_available", "File descriptors that may be in use."),
		gauge("sockets_used", "sockets_used", "Sockets in use."),
		gauge("sockets_total", "sockets_available", "Sockets that may be in use."),
		gauge("partitions", "partitions", "Nodes that this one is cut off from."),
	}
}

// queues are told of each queue.
func queues() []batch.Field {
	return []batch.Field{
		gauge("messages", "queue_messages", "Messages in the queue."),
		gauge("messages_ready", "queue_messages_ready", "Messages that wait to be delivered."),
		gauge("messages_unacknowledged", "queue_messages_unacknowledged", "Messages delivered and not acknowledged."),
		gauge("messages_ram", "queue_messages_ram", "Messages in memory."),
		gauge("messages_persistent", "queue_messages_persistent", "Messages that survive a restart."),
		gauge("message_bytes", "queue_message_bytes", "Bytes of messages."),
		gauge("message_bytes_ready", "queue_message_bytes_ready", "Bytes of messages that wait to be delivered."),
		gauge("message_bytes_unacknowledged", "queue_message_bytes_unacknowledged", "Bytes of messages delivered and not acknowledged."),
		gauge("consumers", "queue_consumers", "Consumers."),
		gauge("consumer_utilisation", "queue_consumer_utilisation", "Share of time in which a message could be delivered at once."),
		gauge("memory", "queue_memory", "Bytes of memory of the queue's process."),
		gauge("slave_nodes", "queue_slaves_nodes_len", "Mirrors."),
		gauge("synchronised_slave_nodes", "queue_synchronised_slave_nodes_len", "Mirrors that have everything."),
		gauge("members", "queue_member_nodes_len", "Members of a quorum queue."),
		gauge("online", "queue_online_nodes_len", "Members of a quorum queue that are there."),
		gauge("arguments.x-max-length", "queue_max_length", "Messages that the queue may hold."),
		gauge("arguments.x-max-length-bytes", "queue_max_length_bytes", "Bytes of messages that the queue may hold."),
		counter("disk_reads", "queue_disk_reads_total", "Messages read from disk."),
		counter("disk_writes", "queue_disk_writes_total", "Messages written to disk."),
		counter("reductions", "queue_reductions_total", "Work that the queue's process did, in reductions."),
		counter("message_stats.publish", "queue_messages_published_total", "Messages published."),
		counter("message_stats.confirm", "queue_messages_confirmed_total", "Messages confirmed to their publishers."),
		counter("message_stats.deliver", "queue_messages_delivered_total", "Messages delivered that are to be acknowledged."),
		counter("message_stats.deliver_no_ack", "queue_messages_delivered_noack_total", "Messages delivered that need no acknowledgement."),
		counter("message_stats.get", "queue_messages_get_total", "Messages fetched that are to be acknowledged."),
		counter("message_stats.get_no_ack", "queue_messages_get_noack_total", "Messages fetched that need no acknowledgement."),
		counter("message_stats.redeliver", "queue_messages_redelivered_total", "Messages delivered once more."),
		counter("message_stats.return", "queue_messages_returned_total", "Messages returned because they had nowhere to go."),
		counter("message_stats.ack", "queue_messages_ack_total", "Messages acknowledged."),
	}
}

// columns are asked for of each queue.
func columns() []string {
	all := []string{"name", "vhost", "durable", "policy", "state", "idle_since", "node", "leader"}
	for _, f := range queues() {
		all = append(all, f.Key)
	}
	return all
}
