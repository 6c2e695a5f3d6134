// Package rabbitmq measures a RabbitMQ by its management API, with the names and
// labels of kbudde/rabbitmq_exporter 1.0, so that its dashboards and rules work on
// our data.
//
//	GET /api/overview               ─► the cluster's totals, rabbitmq_version_info
//	GET /api/nodes                  ─► memory, disk, descriptors, alarms of each node
//	GET /api/queues?page=…&name=…   ─► messages, consumers, rates of each queue
//
// What holds:
//   - No more queues are told than Config.Queues; QueueNames has the server choose
//     among them. plimsoll_rabbitmq_queues_left_out says how many were chosen and
//     not told. Only the columns that become series are asked for.
//   - The label self is 1 for what belongs to the node that was asked. Asking every
//     node of a cluster gives everything as often as there are nodes: ask one, by
//     an address that follows it, or filter by self.
//   - What the server does not say has no sample. The exporter tells 0 for counters
//     of a queue that has none yet.
//   - The password is in no error and no log.
//
// The account needs the tag monitoring, and a permission on each virtual host, for
// which `^$` three times will do.
//
// Source of the format: rabbitmq/rabbitmq-server deps/rabbitmq_management
// priv/www/api/index.html. The fixtures were captured from RabbitMQ 3.10.8, against
// which the package was tried by hand. The tests start none: with Erlang it is too
// heavy for them; they answer with what was captured.
package rabbitmq
