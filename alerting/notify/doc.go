// Package notify brings messages to people: a contact is a person or a team, a
// route one way to reach them, a sender what speaks the protocol of a route.
//
//	contact ops ─┬─ route email:a@example.org ─► SMTP
//	             ├─ route email:b@example.org ─► SMTP
//	             └─ route webhook             ─► HTTP POST, JSON
//
// Each recipient of mail is a route of their own, so that one full mailbox keeps
// no other from being told, and each is told of the end exactly if they were
// told of the begin.
//
// Send returns nil only after the other side has taken the message over. An
// error that is ErrFinal will not go away by trying again. Each message carries
// an identity that is the same at every attempt (Message-ID, the JSON field
// delivery): between taking over and our note of it, a crash lets the message
// be sent again, and the receiver can tell.
package notify
