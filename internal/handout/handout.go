// Package handout is the protocol by which an agent fetches its configuration from
// the collector:
//
//	GET Path?instance=web3&role=web
//	  ChecksumHeader: sha256 of the configuration in use, in hex, if one was fetched
//	  ErrorHeader:    what was wrong with the last one that was refused, if it was
//	200, the configuration in YAML, with its ChecksumHeader
//	304 when the agent has it; 404 when there is none for the agent
//
// The agent refuses what does not have the checksum, what is wrong by itself, and
// what changes who the agent is, where it asks, or what event handlers may run.
package handout

import (
	"crypto/sha256"
	"encoding/hex"
)

// Path is where agents ask.
const Path = "/api/plimsoll/v1/agent-config"

// The headers.
const (
	ChecksumHeader = "X-Plimsoll-Config-Sha256"
	ErrorHeader    = "X-Plimsoll-Config-Error"
)

// MaxBytes bounds a configuration, MaxErrorBytes the text of an error.
const (
	MaxBytes      = 1 << 20
	MaxErrorBytes = 1000
)

// Checksum returns the checksum of a configuration.
func Checksum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
