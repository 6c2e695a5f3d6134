package spool

// Stats tells what happened since Open.
type Stats struct {
	Bytes        int64  `json:"bytes"` // on disk
	Seconds      uint64 `json:"seconds"`
	AppendErrors uint64 `json:"append_errors"` // seconds that are not in the spool
	SyncErrors   uint64 `json:"sync_errors"`
	Dropped      uint64 `json:"dropped"` // segments, not delivered, that MaxBytes cost

	// What Replay found.
	Damaged   uint64 `json:"damaged"`    // segments, set aside in whole or as a copy
	TornBytes uint64 `json:"torn_bytes"` // cut off at the end
	Refused   uint64 `json:"refused"`    // records with a sound checksum that make no sense
	Orphans   uint64 `json:"orphans"`    // entries whose name was lost
}

// Stats returns the counts so far.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Bytes = s.journal.Bytes()
	st.SyncErrors = s.syncErrors.Load()
	return st
}
