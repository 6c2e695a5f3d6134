// Package drawing has graphs drawn by helper processes. librrd's graph holds one
// lock for the whole process, loses memory with each picture, and has crashed on
// damaged files: in a process of its own it can only end that process.
//
//	Draw ─► a free helper, or a new one ─► request │ pipe ─► Serve ─► librrd
//	  ▲                                            │                    │
//	  └────────────── picture or error ◄───────────┴─ pipe ◄────────────┘
//
// On both pipes, integers big endian:
//
//	request  length u32, JSON of a Request
//	reply    0 picture | 1 error   u8, resident bytes u64, length u32, the picture or text
//
// A helper is ended, and another started when there is need of one, after a
// number of pictures, when it has grown too large, when nobody needed it for a
// while, and when a request of it was given up: by its deadline, or since it
// died. Only that request fails. A helper ends by itself when its pipe does, so
// none is left behind; and it limits its own memory and time of the processor.
//
// Text of a request is only ever text, and a file is named by a descriptor, so
// that nothing in a title, a label or a path can be an instruction to rrdtool.
package drawing
