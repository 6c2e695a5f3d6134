// Package tail reads lines as they are appended to files, each line once, over
// rotation and restarts.
//
//	access.log  ──rename──►  access.log.1     same inode: read to its end
//	            ──copy────►  access.log.1     new inode, same head;
//	              truncate   access.log       begins again at zero
//
// A file is known by its device, its inode and the checksum of its first bytes,
// up to 1 KiB of what was read of it. Its Position says where to go on. Whoever
// takes the lines keeps the positions together with what it made of the lines;
// the position moves behind a line before the next is given.
//
// # What happens to a file
//
//	renamed            read on under its new name, until it has not grown for ten
//	                   minutes: servers go on writing to it until they reopen
//	truncated          (shorter than the position, or another head) its copy is
//	                   looked for beside it, by its head, and read from where the
//	                   original was left; the original begins again at zero
//	copied             a new file with the head of a known one and the name of a
//	                   rotation of it is not read, until the original is truncated
//	gone               read to its end while it is open
//	new                read from its begin; at the first sight of a pattern as
//	                   Source.From says
//
// At a start, positions are found again by path, else by inode in its directory, or
// by head among its rotations. Rotations with an unknown inode that were written
// since the last look, or since the positions were kept, are read from their begin:
// the log was rotated twice meanwhile. What was compressed is not read: use
// delaycompress.
//
// The last line waits until its end is there. The chunk that was read counts only
// if the head is the same after it, so a truncation meanwhile is noticed.
//
// BUG: what is written between the copy and the truncation of copytruncate is in
// neither file, and lost if it was not read from the original in that moment.
package tail
