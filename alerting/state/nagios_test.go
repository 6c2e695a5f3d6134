package state

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/peertest"
)

// A stream is what one service or host of Nagios is told, the oldest first, a
// digit each.
type stream struct {
	host        bool
	results     string
	maxAttempts int
}

// standing is where a stream has led, in Nagios' words.
type standing struct {
	Hard     bool
	Level    string // of the last hard state
	Attempt  int
	Flapping bool
	Percent  string
}

// streams are all short sequences of results, and beginnings of longer ones that
// are random: Nagios is asked only where a service stands at the end of each.
func streams() []stream {
	services := slices.Concat(sequences("0123", 4), sequences("02", 6), beginnings(rand.New(rand.NewPCG(6, 1)), 4))
	hosts := slices.Concat(sequences("012", 3), beginnings(rand.New(rand.NewPCG(6, 2)), 3))
	var out []stream
	for attempts := 1; attempts <= 4; attempts++ {
		for _, text := range services {
			out = append(out, stream{results: text, maxAttempts: attempts})
		}
		for _, text := range hosts {
			out = append(out, stream{host: true, results: text, maxAttempts: attempts})
		}
	}
	return out
}

// sequences are all that are of 1 to n digits.
func sequences(digits string, n int) (all []string) {
	last := []string{""}
	for range n {
		var next []string
		for _, shorter := range last {
			for _, d := range digits {
				next = append(next, shorter+string(d))
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

// beginnings are of random sequences of digits below a bound, half of them 0,
// some of which stay as they are for long and some change often.
func beginnings(random *rand.Rand, below int) (all []string) {
	for range 10 {
		stay, text := random.Float64(), "0"
		for len(text) < 60 {
			if random.Float64() > stay {
				text += fmt.Sprint(random.IntN(below) * random.IntN(2))
			} else {
				text += text[len(text)-1:]
			}
			if len(text)%4 == 0 {
				all = append(all, text)
			}
		}
	}
	return all
}

// ours runs a stream through this package, as altered by the differences.
func (s stream) ours(differences []difference) standing {
	p := Policy{MaxAttempts: s.maxAttempts, FlapLow: 20, FlapHigh: 30}
	var st State
	var c Change
	hard := Level(0)
	for _, r := range s.results {
		v, level := Good, Level(r-'0')
		if level != LevelOK {
			v = Bad
		}
		st, c = Next(p, st, v, epoch)
		recorded := st
		for _, d := range differences {
			if d.recordsSoft && s.host && st.Phase == Soft {
				recorded.Phase = Hard
			}
		}
		st.Flaps = Flap(p, recorded, level, epoch).Flaps
		if st.Phase != Soft {
			hard = level
		}
	}
	out := standing{
		Hard: st.Phase != Soft, Level: fmt.Sprint(hard), Attempt: max(st.Attempt, 1),
		Flapping: st.Flapping, Percent: fmt.Sprintf("%.2f", st.Percent()),
	}
	for _, d := range differences {
		if d.softRecovery && s.host && c == SoftRecovery {
			out.Hard = false
		}
	}
	return out
}

// A difference is where Nagios does otherwise, and why we do not.
type difference struct {
	what, why    string
	softRecovery bool
	recordsSoft  bool
}

func differences() []difference {
	return []difference{
		{
			what: "the first good result of a host after a soft problem is a soft state", softRecovery: true,
			why: "of a service it is a hard state in the same version; there is nothing left to be confirmed",
		},
		{
			what: "soft problems of a host are recorded for flapping", recordsSoft: true,
			why: "those of a service are not, and what is not yet believed should raise no flag",
		},
	}
}

// TestAsNagios runs the same results through Debian's nagios4 and this package.
func TestAsNagios(t *testing.T) {
	_, errPath := exec.LookPath("nagios4")
	_, errRoot := exec.LookPath("/usr/sbin/nagios4") // not in everybody's path
	if errPath != nil && errRoot != nil {
		t.Skip("nagios4 is not installed: make test installs it")
	}
	all := streams()
	theirs := askNagios(t, all)
	differ := func(listed []difference) (count int, first string) {
		for i, s := range all {
			if ours := s.ours(listed); ours != theirs[i] {
				if count++; count == 1 {
					first = fmt.Sprintf("%+v: we are %+v, nagios is %+v", s, ours, theirs[i])
				}
			}
		}
		return count, first
	}
	if n, first := differ(differences()); n > 0 {
		t.Errorf("%d of %d streams differ, as\n%s", n, len(all), first)
	}
	for i, d := range differences() {
		if n, _ := differ(slices.Delete(differences(), i, i+1)); n == 0 {
			t.Errorf("%s: is listed, and nothing differs by it", d.what)
		}
	}
}

// askNagios gives each stream to a service of its own, by a file in the
// directory of check results, and returns where they stand after it.
func askNagios(t *testing.T, all []stream) []standing {
	dir := t.TempDir()
	for _, sub := range []string{"spool", "archives"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var results, objects bytes.Buffer
	objects.WriteString(nagiosObjects)
	now := time.Now().Unix()
	for i, s := range all {
		of := fmt.Sprintf("host_name=h\nservice_description=%d\n", i)
		if s.host {
			of = fmt.Sprintf("host_name=%d\n", i)
			fmt.Fprintf(&objects, "define host {\nuse d\nhost_name %d\nmax_check_attempts %d\n}\n", i, s.maxAttempts)
		} else {
			fmt.Fprintf(&objects, "define service {\nuse s\nservice_description %d\nmax_check_attempts %d\n}\n", i, s.maxAttempts)
		}
		for n, r := range s.results {
			fmt.Fprintf(&results, "%scheck_type=1\nstart_time=%d.0\nfinish_time=%d.0\nexited_ok=1\nreturn_code=%c\noutput=%d\n\n",
				of, now, now, r, n+1)
		}
	}
	write := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("objects.cfg", objects.Bytes())
	write("nagios.cfg", bytes.ReplaceAll([]byte(nagiosConfig), []byte("DIR"), []byte(dir)))
	write("resource.cfg", nil)
	write("spool/cAAAAAA", results.Bytes())
	write("spool/cAAAAAA.ok", nil)
	p := peertest.Start(t, nil, "nagios4", filepath.Join(dir, "nagios.cfg"))
	var found []standing
	p.Await(t, "done with all results", func(context.Context) bool {
		found = readStatus(filepath.Join(dir, "status.dat"), all)
		return found != nil
	})
	return found
}

// readStatus returns where the services stand, and nil if Nagios has not yet
// written that all of them have had all of their results.
func readStatus(path string, all []stream) []standing {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	found := make([]standing, len(all))
	n := 0
	for _, block := range strings.Split(string(text), "status {\n")[1:] {
		kv := map[string]string{}
		for scan := bufio.NewScanner(strings.NewReader(block)); scan.Scan() && !strings.Contains(scan.Text(), "}"); {
			k, v, _ := strings.Cut(strings.TrimSpace(scan.Text()), "=")
			kv[k] = v
		}
		i, err := strconv.Atoi(cmp.Or(kv["service_description"], kv["host_name"]))
		if err != nil {
			continue // of the host of the services, or of no host
		}
		if kv["plugin_output"] != fmt.Sprint(len(all[i].results)) {
			continue
		}
		n++
		found[i] = standing{Hard: kv["state_type"] == "1", Flapping: kv["is_flapping"] == "1", Level: kv["last_hard_state"], Percent: kv["percent_state_change"]}
		found[i].Attempt, _ = strconv.Atoi(kv["current_attempt"])
	}
	if n < len(all) {
		return nil
	}
	return found
}

const nagiosObjects = `
define timeperiod {
timeperiod_name never
alias never
}
define command {
command_name none
command_line /bin/true
}
define contact {
contact_name nobody
host_notification_period never
service_notification_period never
host_notification_commands none
service_notification_commands none
}
define host {
name d
register 0
address 127.0.0.1
active_checks_enabled 0
passive_checks_enabled 1
flap_detection_enabled 1
check_period never
notification_period never
contacts nobody
notification_interval 0
}
define host {
use d
host_name h
max_check_attempts 1
}
define service {
name s
register 0
host_name h
check_command none
active_checks_enabled 0
passive_checks_enabled 1
flap_detection_enabled 1
check_period never
notification_period never
notification_interval 0
contacts nobody
check_interval 1
retry_interval 1
}
`

const nagiosConfig = `
cfg_file=DIR/objects.cfg
resource_file=DIR/resource.cfg
log_file=DIR/nagios.log
log_archive_path=DIR/archives
object_cache_file=DIR/objects.cache
precached_object_file=DIR/objects.precache
status_file=DIR/status.dat
temp_file=DIR/temp
temp_path=DIR
lock_file=DIR/lock
query_socket=DIR/nagios.qh
command_file=DIR/nagios.cmd
check_result_path=DIR/spool
nagios_user=root
nagios_group=root
status_update_interval=1
check_result_reaper_frequency=1
max_check_result_reaper_time=60
execute_service_checks=0
execute_host_checks=0
check_external_commands=0
accept_passive_service_checks=1
enable_notifications=0
enable_event_handlers=0
enable_flap_detection=1
accept_passive_host_checks=1
low_service_flap_threshold=20.0
high_service_flap_threshold=30.0
low_host_flap_threshold=20.0
high_host_flap_threshold=30.0
passive_host_checks_are_soft=1
translate_passive_host_checks=0
check_for_updates=0
retain_state_information=0
use_syslog=0
log_service_retries=0
log_passive_checks=0
log_current_states=0
log_host_retries=0
check_workers=1
`
