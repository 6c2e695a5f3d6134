package host

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"time"
)

// Config says where to look and what to leave out. The exclusions are regular
// expressions (RE2); an empty one leaves nothing out.
type Config struct {
	Proc string `yaml:"proc"` // where procfs is mounted
	Sys  string `yaml:"sys"`  // where sysfs is mounted
	// Root is put before mount points, for an agent in a container that has the
	// host's file systems mounted below it.
	Root string `yaml:"root"`

	MountExclude  string `yaml:"mount_exclude"`
	FSTypeExclude string `yaml:"fstype_exclude"`
	DiskExclude   string `yaml:"disk_exclude"`
	NetExclude    string `yaml:"net_exclude"`

	// Without names parts that are not measured, as node_scrape_collector_success
	// names them in its label collector.
	Without []string `yaml:"without"`

	// Textfiles is a directory of files *.prom in Prometheus' text format that
	// are told too; "" for none.
	Textfiles string `yaml:"textfiles"`

	// Processes are measured in groups.
	Processes Processes `yaml:"processes"`
	// SystemdUnits are patterns of units, such as nginx.service or mysql*, whose
	// states and restarts are told one by one.
	SystemdUnits []string `yaml:"systemd_units"`

	// StatTimeout bounds statfs on one file system.
	StatTimeout time.Duration `yaml:"stat_timeout"`
	// MaxDevices bounds the disks, the network devices and the file systems
	// that are measured, each; the rest is left out and reported as an error.
	MaxDevices int `yaml:"max_devices"`
	// MaxCgroups bounds the services and containers that are measured; how many
	// are left out is told. 0 measures none.
	MaxCgroups int `yaml:"max_cgroups"`
}

// Default returns node_exporter's exclusions
// (prometheus/node_exporter: collector/filesystem_linux.go, diskstats_linux.go).
func Default() Config {
	return Config{
		Proc: "/proc",
		Sys:  "/sys",
		MountExclude: `^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|` +
			`var/lib/containers/storage/.+)($|/)`,
		FSTypeExclude: `^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|` +
			`hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|` +
			`squashfs|erofs|sysfs|tracefs)$`,
		DiskExclude: `^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`,
		NetExclude:  `^(veth|cali)`,
		Textfiles:   "/var/lib/prometheus/node-exporter", // Debian's
		StatTimeout: 500 * time.Millisecond,
		MaxDevices:  200,
		MaxCgroups:  50,
	}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	for key, expr := range map[string]string{
		"mount_exclude": c.MountExclude, "fstype_exclude": c.FSTypeExclude,
		"disk_exclude": c.DiskExclude, "net_exclude": c.NetExclude,
	} {
		if _, err := regexp.Compile(expr); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	for _, name := range c.Without {
		if !slices.ContainsFunc(new(Agent).all(), func(p part) bool { return p.name == name }) {
			errs = append(errs, fmt.Errorf("without: there is no part %q", name))
		}
	}
	for i, pattern := range c.SystemdUnits {
		if _, err := path.Match(pattern, ""); err != nil {
			errs = append(errs, fmt.Errorf("systemd_units[%d]: %q: %w", i, pattern, err))
		}
	}
	errs = append(errs, c.Processes.Validate())
	if c.Proc == "" {
		errs = append(errs, errors.New("proc: must not be empty"))
	}
	if c.Sys == "" {
		errs = append(errs, errors.New("sys: must not be empty"))
	}
	if c.StatTimeout <= 0 {
		errs = append(errs, fmt.Errorf("stat_timeout: %v is not positive", c.StatTimeout))
	}
	if c.MaxDevices < 1 {
		errs = append(errs, fmt.Errorf("max_devices: %d is less than 1", c.MaxDevices))
	}
	if c.MaxCgroups < 0 {
		errs = append(errs, fmt.Errorf("max_cgroups: %d is less than 0", c.MaxCgroups))
	}
	return errors.Join(errs...)
}

// exclude returns a matcher of names to leave out. The expression was validated.
func exclude(expr string) func(string) bool {
	if expr == "" {
		return func(string) bool { return false }
	}
	return regexp.MustCompile(expr).MatchString
}
