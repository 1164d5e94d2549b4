package service

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// valid is a configuration as it is written to its file.
func valid() map[string]any {
	identity := func(mspID string) map[string]any { return map[string]any{"mspId": mspID, "cert": "c", "key": "k"} }
	return map[string]any{
		"listen": "127.0.0.1:0", "dir": "d", "channel": "dollars", "chaincode": "dsd",
		"peers":     []any{map[string]any{"address": "a", "tlsCA": "t", "serverName": "s"}},
		"endorsers": []string{"DestinasiaMSP", "AircncMSP"},
		"identities": map[string]any{
			"issuer": identity("DestinasiaMSP"), "operator": identity("DestinasiaMSP"),
			"merchant": identity("DestinasiaMSP"), "approver": identity("AircncMSP"),
		},
		"secrets": map[string]any{"apiKeys": "a", "session": "s", "custody": "c"},
	}
}

func load(t *testing.T, config map[string]any) (Config, error) {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "wallet.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(file)
}

func TestConfigIsReadStrictly(t *testing.T) {
	c, err := load(t, valid())
	if err != nil {
		t.Fatal(err)
	}
	if c.Identities.Approver.MSPID != "AircncMSP" || c.Identities.Merchant.MSPID != "DestinasiaMSP" {
		t.Errorf("identities: %+v", c.Identities)
	}
	for name, test := range map[string]struct {
		spoil func(config, identities map[string]any)
		says  string
	}{
		"unknown field":    {func(c, _ map[string]any) { c["lissen"] = "x" }, "lissen"},
		"missing field":    {func(c, _ map[string]any) { delete(c, "dir") }, "every field"},
		"no peer":          {func(c, _ map[string]any) { c["peers"] = []any{} }, "every field"},
		"nameless peer":    {func(c, _ map[string]any) { delete(c["peers"].([]any)[0].(map[string]any), "serverName") }, "every field"},
		"no merchant":      {func(_, ids map[string]any) { delete(ids, "merchant") }, "every field"},
		"no approver":      {func(_, ids map[string]any) { delete(ids, "approver") }, "every field"},
		"own approver":     {func(_, ids map[string]any) { ids["approver"] = maps.Clone(ids["operator"].(map[string]any)) }, "another organisation"},
		"endless clock":    {func(c, _ map[string]any) { c["clockOffset"] = int64(maxClockOffset) + 1 }, "clockOffset"},
		"unknown identity": {func(_, ids map[string]any) { ids["boss"] = ids["operator"] }, "boss"},
	} {
		config := valid()
		test.spoil(config, config["identities"].(map[string]any))
		if _, err := load(t, config); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want something about %q", name, err, test.says)
		}
	}
}
