// Package ackpage is the page that a link in a message leads to, on which its
// reader says that he takes care.
//
//	GET  /ack/TOKEN   shows the trouble, who was told and who takes care
//	POST /ack/TOKEN   note=, seen=   takes care, and leads back to the GET
//
// It asks for no account and runs no script: it must work on a phone at night.
// The token, which package link makes, is all the right that is needed and given.
//
// Invariants:
//   - A GET, and a HEAD, change nothing: mail scanners open every link.
//   - An answer is taken once: the form says which acknowledgement its reader saw,
//     and when he has made another since, as by pressing twice, that is it.
//   - Wrong tokens are answered at a bounded rate. Right ones always are: whoever
//     guesses keeps nobody from taking care.
package ackpage
