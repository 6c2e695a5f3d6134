// Package handler runs, on the host of an agent, the commands that event handlers
// of the server ask for by name.
//
//	Desk.Take ─► Shelf: listed? in time? within the limit? not running? ─► command ─► Desk.Answer
//	   ▲                     │ no                                                        ▲
//	   └── at once ──────────┴──────────────────────── refused ─────────────────────────┘
//
// What may be run stands in the agent's own file and nowhere else. An order brings
// a name, which is looked up; nothing of it becomes a part of a command. The alert
// it is for is in the environment, as PLIMSOLL_ALERT.
//
// What holds:
//   - Nothing is listed unless the file lists it.
//   - An order is run once at most, by the process that it was given to; Book
//     remembers them over reloads. What was under way when the process was killed
//     is not run by the next one: the server never gives it out again.
//   - A command is run without a shell, with nothing of our environment but PATH,
//     in a process group of its own, which is killed as a whole when its time is
//     over, whichever ends first: its timeout or that of the order. What it leaves
//     in the background goes on, as a daemon that it started must.
//   - Of a handler one run is under way at a time, and no more than its limit in a
//     time; the limit is counted anew at each start of the agent.
//   - Of the output the last 4 KiB are kept; the rest is read and dropped.
//   - At the end of the agent a command has a moment to end, and is then killed.
package handler
