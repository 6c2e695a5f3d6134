package usm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/usm"
)

func TestValidate(t *testing.T) {
	for want, u := range map[string]usm.User{
		"":                          {User: "me"},
		"user: \"\"":                {},
		"auth: \"SHA-3\"":           {User: "me", Auth: "SHA-3", AuthSecretFile: "f"},
		"priv: \"RC4\"":             {User: "me", Auth: "SHA", AuthSecretFile: "f", Priv: "RC4", PrivSecretFile: "f"},
		"priv: needs auth too":      {User: "me", Priv: "AES", PrivSecretEnv: "E"},
		"auth_secret: name either":  {User: "me", Auth: "SHA"},
		"priv_secret: name either":  {User: "me", Auth: "SHA", AuthSecretEnv: "E", Priv: "AES", PrivSecretFile: "f", PrivSecretEnv: "E"},
		"auth_secret: is of no use": {User: "me", AuthSecretFile: "f"},
	} {
		err := u.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%+v: %v, want %q", u, err, want)
		}
	}
}

func TestParams(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("long enough\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLIMSOLL_TEST_SHORT", "short")
	p, flags, err := usm.User{User: "me", Auth: "sha-512", AuthSecretFile: file, Priv: "aes-256-c", PrivSecretFile: file}.Params()
	if err != nil || flags != gosnmp.AuthPriv || p.AuthenticationProtocol != gosnmp.SHA512 || p.PrivacyProtocol != gosnmp.AES256C ||
		p.AuthenticationPassphrase != "long enough" || p.PrivacyPassphrase != "long enough" {
		t.Errorf("%s, %v, %v", p.SafeString(), flags, err)
	}
	if _, flags, err := (usm.User{User: "me"}).Params(); err != nil || flags != gosnmp.NoAuthNoPriv {
		t.Errorf("%v, %v", flags, err)
	}
	for _, u := range []usm.User{
		{User: "me", Auth: "SHA", AuthSecretFile: file + "-missing"},
		{User: "me", Auth: "SHA", AuthSecretEnv: "PLIMSOLL_TEST_SHORT"},
		{User: "me", Auth: "SHA", AuthSecretEnv: "PLIMSOLL_TEST_MISSING"},
	} {
		if _, _, err := u.Params(); err == nil || strings.Contains(err.Error(), "short ") || !strings.Contains(err.Error(), "auth_secret") {
			t.Errorf("%+v: %v", u, err)
		}
	}
}
