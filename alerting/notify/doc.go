// Package notify brings messages to people: a contact is a person or a team, a
// channel one way to reach them, a route a place that a channel reaches.
//
//	contact ops ─┬─ route email:a@example.org ─► SMTP
//	             ├─ route email:b@example.org ─► SMTP
//	             ├─ route pagerduty           ─► HTTP POST, JSON
//	             └─ route sms:+491701234567   ─► HTTP gateway, or a command
//
// Each recipient of mail is a route of their own, so that one full mailbox keeps
// no other from being told, and each is told of the end exactly if they were
// told of the begin.
//
// A channel is a file of one shape: its keys in the configuration; what to send,
// made by a function that touches nothing, beside the page of the vendor that
// says so; reading its secrets and sending, within a timeout. post judges the
// answers of those that speak HTTP.
//
// Send returns nil only after the other side has taken the message over. An
// error that is ErrFinal will not go away by trying again; RateLimited says when
// to. Each message carries an identity that is the same at every attempt
// (Message-ID, Idempotency-Key, dedup_key, alias; the labels and startsAt of
// Alertmanager): between taking over and our note of it, a crash lets the
// message be sent again, and the receiver can tell. Chats show it twice.
//
// Secrets stand in files, which are read at each use. They are in no error and
// no answer, also when the other side repeats them: hide sees to that.
package notify
