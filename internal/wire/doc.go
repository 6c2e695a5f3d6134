// Package wire writes and reads the fields of records and files of ours.
//
//	byte    as it is; a bool is 0 or 1
//	uint    uvarint of encoding/binary; int its zigzag varint
//	float   8 bytes, little-endian, every bit of it
//	string  uint length │ bytes; a run of bytes the same
//	labels  uint n │ n × (string name, string value)
//
// Writing is appending, with the functions here and those of encoding/binary. A
// Decoder reads: after the first field that is missing or impossible it yields
// zeros, so that its user asks once, at the end, whether all went well. Nothing
// that is read can make it panic, or take more memory than the input is long.
package wire
