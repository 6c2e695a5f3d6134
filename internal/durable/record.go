package durable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	headerBytes    = 8
	maxRecordBytes = 1 << 30 // above it a length is taken for damage
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrTooLong means that a record is longer than any that could be read back.
var ErrTooLong = errors.New("the record is too long")

// AppendRecord appends the frame of payload to b, or returns ErrTooLong and b as
// it was.
func AppendRecord(b, payload []byte) ([]byte, error) {
	if err := checkSize(payload); err != nil {
		return b, err
	}
	return appendFrame(b, payload), nil
}

func checkSize(payload []byte) error {
	if len(payload) > maxRecordBytes {
		return fmt.Errorf("frame record of %d bytes, more than %d: %w", len(payload), maxRecordBytes, ErrTooLong)
	}
	return nil
}

func appendFrame(b, payload []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, checksum(payload))
	return append(b, payload...)
}

// NextRecord returns the payload of the frame that data begins with, and what
// follows it; ok is false when there is no whole one.
func NextRecord(data []byte) (payload, rest []byte, ok bool) {
	size := recordAt(data)
	if size == 0 {
		return nil, data, false
	}
	return data[headerBytes:size], data[size:], true
}

// recordAt returns the size of the frame that data begins with, 0 for none.
func recordAt(data []byte) int {
	if len(data) < headerBytes {
		return 0
	}
	length := binary.LittleEndian.Uint32(data)
	if length > maxRecordBytes || int(length) > len(data)-headerBytes {
		return 0
	}
	if checksum(data[headerBytes:headerBytes+int(length)]) != binary.LittleEndian.Uint32(data[4:]) {
		return 0
	}
	return headerBytes + int(length)
}

// checksum covers the length too, so that a run of zeros is no record.
func checksum(payload []byte) uint32 {
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(payload)))
	return crc32.Update(crc32.Checksum(length[:], castagnoli), castagnoli, payload)
}
