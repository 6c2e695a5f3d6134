// Package usm describes the users of SNMPv3 (RFC 3414, RFC 7860, RFC 3826) as a
// configuration names them: who it is, by what he is authenticated and
// encrypted, and where his secrets are. A secret stands in a file or in the
// environment, never in the configuration, and is never logged.
package usm

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gosnmp/gosnmp"
)

// User is a user as the configuration names him. Without Auth he is believed
// without proof, without Priv what is said to him can be read by others.
type User struct {
	User string `yaml:"user"`
	// Auth is MD5, SHA, SHA-224, SHA-256, SHA-384 or SHA-512.
	Auth string `yaml:"auth"`
	// AuthSecretFile or AuthSecretEnv says where the password is.
	AuthSecretFile string `yaml:"auth_secret_file"`
	AuthSecretEnv  string `yaml:"auth_secret_env"`
	// Priv is DES, AES, AES-192, AES-256, AES-192-C or AES-256-C; those with C
	// are Cisco's way to make long keys.
	Priv           string `yaml:"priv"`
	PrivSecretFile string `yaml:"priv_secret_file"`
	PrivSecretEnv  string `yaml:"priv_secret_env"`
}

// minSecretBytes is what RFC 3414 asks of a password, and net-snmp too.
const minSecretBytes = 8

// Validate reports all that is wrong, each with its key.
func (u User) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if u.User == "" || len(u.User) > 32 {
		bad("user: %q must have 1 to 32 bytes", u.User)
	}
	if _, known := authProtocol(u.Auth); !known {
		bad("auth: %q is none of MD5, SHA, SHA-224, SHA-256, SHA-384, SHA-512", u.Auth)
	}
	if _, known := privProtocol(u.Priv); !known {
		bad("priv: %q is none of DES, AES, AES-192, AES-256, AES-192-C, AES-256-C", u.Priv)
	}
	if u.Priv != "" && u.Auth == "" {
		bad("priv: needs auth too")
	}
	secret := func(key, protocol, file, env string) {
		switch {
		case protocol == "" && file+env != "":
			bad("%s: is of no use without %s", key, strings.TrimSuffix(key, "_secret"))
		case protocol != "" && (file == "") == (env == ""):
			bad("%s: name either %s_file or %s_env", key, key, key)
		}
	}
	secret("auth_secret", u.Auth, u.AuthSecretFile, u.AuthSecretEnv)
	secret("priv_secret", u.Priv, u.PrivSecretFile, u.PrivSecretEnv)
	return errors.Join(errs...)
}

// Params reads the secrets and returns what gosnmp needs, and the flags of the
// messages: what is configured, never less.
func (u User) Params() (*gosnmp.UsmSecurityParameters, gosnmp.SnmpV3MsgFlags, error) {
	p := &gosnmp.UsmSecurityParameters{UserName: u.User, AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv}
	flags := gosnmp.NoAuthNoPriv
	var errs []error
	read := func(key, file, env string) string {
		s, err := Secret(file, env)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		case len(s) < minSecretBytes:
			errs = append(errs, fmt.Errorf("%s: the secret has %d bytes, less than %d", key, len(s), minSecretBytes))
		}
		return s
	}
	if u.Auth != "" {
		p.AuthenticationProtocol, _ = authProtocol(u.Auth)
		p.AuthenticationPassphrase = read("auth_secret", u.AuthSecretFile, u.AuthSecretEnv)
		flags = gosnmp.AuthNoPriv
	}
	if u.Priv != "" {
		p.PrivacyProtocol, _ = privProtocol(u.Priv)
		p.PrivacyPassphrase = read("priv_secret", u.PrivSecretFile, u.PrivSecretEnv)
		flags = gosnmp.AuthPriv
	}
	return p, flags, errors.Join(errs...)
}

// Secret reads a secret from a file, without the line's end, or from a variable
// of the environment.
func Secret(file, env string) (string, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
	s := os.Getenv(env)
	if s == "" {
		return "", fmt.Errorf("the environment has no %s", env)
	}
	return s, nil
}

func authProtocol(name string) (gosnmp.SnmpV3AuthProtocol, bool) {
	p, known := map[string]gosnmp.SnmpV3AuthProtocol{
		"": gosnmp.NoAuth, "MD5": gosnmp.MD5, "SHA": gosnmp.SHA, "SHA-1": gosnmp.SHA, "SHA-224": gosnmp.SHA224,
		"SHA-256": gosnmp.SHA256, "SHA-384": gosnmp.SHA384, "SHA-512": gosnmp.SHA512,
	}[strings.ToUpper(name)]
	return p, known
}

func privProtocol(name string) (gosnmp.SnmpV3PrivProtocol, bool) {
	p, known := map[string]gosnmp.SnmpV3PrivProtocol{
		"": gosnmp.NoPriv, "DES": gosnmp.DES, "AES": gosnmp.AES, "AES-128": gosnmp.AES, "AES-192": gosnmp.AES192,
		"AES-256": gosnmp.AES256, "AES-192-C": gosnmp.AES192C, "AES-256-C": gosnmp.AES256C,
	}[strings.ToUpper(name)]
	return p, known
}
