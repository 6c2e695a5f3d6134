package ledger

import (
	"strings"
	"testing"
)

// TestStormIsNotSearched: what is done for each message of a storm must not look
// through all messages that wait: 10,000 in one commit would take longer than it
// may, and would be tried for ever.
func TestStormIsNotSearched(t *testing.T) {
	l := openIn(t, t.TempDir())
	for _, statement := range []string{waitingSQL, releaseSQL} {
		args := []any{"a", "b", "c", "d"}[:max(3, strings.Count(statement, "?4")*4)]
		rows, err := l.db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, args...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(detail, "(alert_id=?") {
				t.Errorf("%s\n%s", statement, detail)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}
