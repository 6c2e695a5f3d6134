package state

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var nagiosPolicy = Policy{MaxAttempts: 1, FlapLow: 20, FlapHigh: 30}

// look is Next and Flap, a second later.
func look(p Policy, s State, l Level, at time.Time) State {
	v := Bad
	if l == LevelOK {
		v = Good
	}
	s, _ = Next(p, s, v, at)
	return Flap(p, s, l, at)
}

// TestPercent holds the weights to what k changes among the newest, and among
// the oldest, are worth by Nagios' formula.
func TestPercent(t *testing.T) {
	for k, want := range map[int][2]float64{4: {24.2, 15.8}, 5: {29.9, 20.1}, 6: {35.5, 24.5}, 7: {41.0, 29.0}} {
		var s State
		for i := range k {
			s = look(nagiosPolicy, s, Level(2*((i+1)%2)), epoch)
		}
		newest := s.Percent()
		for range ringSize - 1 - k {
			s = look(nagiosPolicy, s, Level(2*(k%2)), epoch)
		}
		if got := [2]float64{newest, s.Percent()}; math.Abs(got[0]-want[0]) > 0.05 || math.Abs(got[1]-want[1]) > 0.05 {
			t.Errorf("%d changes are %.2f %%, want %v", k, got, want)
		}
	}
}

// TestFlappingStartsAndEnds: it starts with the sixth change, and ends when
// enough quiet results have pushed the changes out.
func TestFlappingStartsAndEnds(t *testing.T) {
	var s State
	for i := range 6 {
		if s.Flapping {
			t.Fatalf("flapping after %d changes: %+v", i, s.Flaps)
		}
		s = look(nagiosPolicy, s, Level(2*((i+1)%2)), epoch)
	}
	if !s.Flapping {
		t.Fatalf("not flapping after 6 changes: %.1f %%", s.Percent())
	}
	quiet := 0
	for ; s.Flapping && quiet < 100; quiet++ {
		s = look(nagiosPolicy, s, LevelOK, epoch)
	}
	if quiet != 16 || s.Percent() > 20 {
		t.Errorf("flapping ended after %d good results at %.1f %%", quiet, s.Percent())
	}
	for range ringSize {
		s = look(nagiosPolicy, s, LevelOK, epoch)
	}
	if s.Flaps != (Flaps{}) {
		t.Errorf("well for long, and remembers %+v", s.Flaps)
	}
}

// TestSoftIsNotRecorded: soft problems leave no trace, whatever they are.
func TestSoftIsNotRecorded(t *testing.T) {
	p := nagiosPolicy
	p.MaxAttempts = 3
	var s State
	for i := range 30 {
		s = look(p, s, Level(i%3), epoch)
	}
	if s.Flaps != (Flaps{}) {
		t.Errorf("soft problems left %+v", s.Flaps)
	}
}

// TestLevelsAreStates: warning and critical are two states, as in Nagios.
func TestLevelsAreStates(t *testing.T) {
	var s State
	for i := range 20 {
		s = look(nagiosPolicy, s, Level(1+i%2), epoch)
	}
	if !s.Flapping || s.Phase != Hard {
		t.Errorf("from warning to critical and back: %+v", s)
	}
}

// TestFlapEvery: changes are recorded at once and what stays is once a minute,
// so that a rule's history is 20 minutes however often it is looked at.
func TestFlapEvery(t *testing.T) {
	p := nagiosPolicy
	p.FlapEvery = time.Minute
	var s State
	at := epoch
	for i := range 6 * 4 {
		s = look(p, s, Level(2*((1+i/4)%2)), at)
		at = at.Add(15 * time.Second)
	}
	if !s.Flapping {
		t.Fatalf("not flapping after 6 changes: %q is %.1f %%", s.Ring, s.Percent())
	}
	began := at
	for s.Ring != "" && at.Sub(began) < time.Hour {
		s = look(p, s, LevelOK, at)
		at = at.Add(15 * time.Second)
	}
	if took := at.Sub(began); took < 19*time.Minute || took > 21*time.Minute || s.Flaps != (Flaps{}) {
		t.Errorf("after %v well: %+v", took, s.Flaps)
	}
}

// TestConstantWritesNothing: an alert that stays as it is has a state that stays
// the same after 21 results, so that nothing is stored for it.
func TestConstantWritesNothing(t *testing.T) {
	for _, every := range []time.Duration{0, time.Minute} {
		p := nagiosPolicy
		p.FlapEvery = every
		var s State
		for i := range 30 {
			was := s
			s = look(p, s, LevelCritical, epoch.Add(time.Duration(i)*time.Minute))
			if i >= ringSize && s != was {
				t.Errorf("every %v: result %d changes %+v to %+v", every, i, was, s)
			}
		}
	}
}

// TestFlappingMutesNothing: phases and changes are those of a machine that does
// not look for flapping, whatever comes, and no state breaks it.
func TestFlappingMutesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{MaxAttempts: rapid.IntRange(1, 4).Draw(t, "attempts"), NoData: 2}
		with := p.WithFlapping(Thresholds{Low: 20, High: 30}, rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "every"))
		a, b := State{}, State{Flaps: Flaps{Ring: rapid.StringN(0, 20, ringSize).Draw(t, "ring")}}
		at := epoch
		for range rapid.IntRange(1, 60).Draw(t, "looks") {
			at = at.Add(time.Duration(rapid.IntRange(-100, 100).Draw(t, "seconds")) * time.Second)
			v := Verdict(rapid.IntRange(0, 3).Draw(t, "verdict"))
			var ca, cb Change
			a, ca = Next(p, a, v, at)
			b, cb = Next(with, b, v, at)
			b = Flap(with, b, Level(rapid.IntRange(0, 200).Draw(t, "level")), at)
			bare := b
			bare.Flaps = Flaps{}
			if percent := b.Percent(); a != bare || ca != cb || percent < 0 || percent > 100 || len(b.Ring) > ringSize {
				t.Fatalf("%+v by change %d, with flapping %+v by %d", a, ca, b, cb)
			}
		}
	})
}

func TestFlapsInJSON(t *testing.T) {
	s := State{Phase: Hard, Attempt: 1}
	for _, want := range []string{
		`{"phase":2,"attempt":1}`,
		`{"phase":2,"attempt":1,"ring":"2"}`,
		`{"phase":2,"attempt":1,"ring":"21"}`,
	} {
		got, err := json.Marshal(s)
		if err != nil || string(got) != want {
			t.Errorf("%s, error %v, want %s", got, err, want)
		}
		s = Flap(nagiosPolicy, s, LevelCritical-Level(len(s.Ring)), epoch)
	}
}

func TestOffForgets(t *testing.T) {
	s := State{Phase: Hard, Flaps: Flaps{Flapping: true, Ring: "202020"}}
	if s = Flap(nagiosPolicy.WithFlapping(Thresholds{Off: true}, 0), s, LevelCritical, epoch); s.Flaps != (Flaps{}) {
		t.Errorf("off, and remembers %+v", s.Flaps)
	}
}

func TestThresholds(t *testing.T) {
	for _, tt := range []struct {
		given Thresholds
		want  string
	}{
		{Thresholds{}, ""},
		{Thresholds{Off: true}, ""},
		{Thresholds{Low: 5, High: 5}, ""},
		{Thresholds{Low: 40}, "x: low 40 and high 30 are not 0 <= low <= high <= 100"},
		{Thresholds{High: 101}, "x: low 20 and high 101 are not 0 <= low <= high <= 100"},
		{Thresholds{Low: -1}, "x: low -1 and high 30 are not 0 <= low <= high <= 100"},
		{Thresholds{High: math.NaN()}, "x: low 20 and high NaN are not 0 <= low <= high <= 100"},
	} {
		got := ""
		if err := tt.given.WithDefaults().Validate("x"); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.given, got, tt.want)
		}
	}
}

func TestThresholdsInYAML(t *testing.T) {
	for _, off := range []any{"off", false} {
		var v Thresholds
		if err := v.UnmarshalYAML(func(to any) error { *to.(*any) = off; return nil }); err != nil || v != (Thresholds{Off: true}) {
			t.Errorf("%v gives %+v, error %v", off, v, err)
		}
	}
	var v Thresholds
	err := v.UnmarshalYAML(func(to any) error {
		if _, word := to.(*any); word {
			return nil
		}
		return json.Unmarshal([]byte(`{"Low": 5, "High": 50}`), to)
	})
	if err != nil || v != (Thresholds{Low: 5, High: 50}) {
		t.Errorf("a mapping gives %+v, error %v", v, err)
	}
	if err := v.UnmarshalYAML(func(any) error { return fmt.Errorf("no") }); err == nil {
		t.Error("an error is swallowed")
	}
}
