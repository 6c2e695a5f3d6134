// Package config reads configuration files: one YAML document, strictly, over the
// defaults that a value holds already, with all problems reported at once.
//
//	file ─► parse ─► inspect: keys, types, lines ─► decode ─► Validate ─► Report
//
// A problem is a line FILE:LINE: key.path: message. What Validate reports begins
// with the path of a key, by which its line is found; a problem that may only
// follow from a value that could not be decoded is left out. Nothing of a file
// with a problem is ever used.
package config
