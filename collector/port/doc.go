// Package port opens what receivers listen on: UDP sockets and TCP servers that
// stay within bounds.
//
// What holds:
//
//   - Of a UDP socket, datagrams sent on this machine = read + Drops: the kernel's own
//     count of what it had no room for.
//   - A Server has so many connections at a time, in all and from one address, and
//     each its own goroutine. Run returns when all have ended, and they end with ctx.
//   - An address that another has, and that is optional, is tried each second, and
//     taken when it is free: so a process that is started anew takes over.
package port
