package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/destinasia/dollars/wallet-api/client"
)

// TestPlaceSendsTheWholeIntent fills every field, so that one that is added later cannot be forgotten.
func TestPlaceSendsTheWholeIntent(t *testing.T) {
	var intent client.Intent
	v := reflect.ValueOf(&intent).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); x := f.Addr().Interface().(type) {
		case *string:
			*x = "x"
		case *bool:
			*x = true
		case *uint64:
			*x = 7
		case *client.Amount:
			*x = 12_34
		case *time.Time:
			*x = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
		case **client.Account:
			*x = &client.Account{byte(i)}
		default: // a kind of text
			f.SetString("hold")
		}
	}
	var sent map[string]any
	c, _ := serve(t, client.Options{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &sent); err != nil || r.URL.Path != "/v1/members/alice/orders" || r.Header.Get("Prefer") != "wait=5" {
			t.Errorf("%v: %s %s with %v", err, r.URL.Path, body, r.Header)
		}
		_, _ = io.WriteString(w, `{"orderId":"0x00","status":"applied"}`)
	})
	if _, err := c.Place(t.Context(), "alice", intent, nil, client.Change{Wait: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(intent)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	delete(want, "chainId") // it is in the signature's fields, once signed
	if !reflect.DeepEqual(sent, want) {
		t.Errorf("sent %v, want %v", sent, want)
	}
}

func TestStatementAsAFile(t *testing.T) {
	c, _ := serve(t, client.Options{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != "/v1/members/alice/statements/2026-11?fromHousehold=true" {
			t.Error(r.URL)
		}
		media := r.Header.Get("Accept")
		if media == client.StatementHTML {
			media = "application/json" // as a service that knows no pages
		}
		w.Header().Set("Content-Type", media+"; charset=utf-8")
		_, _ = io.WriteString(w, "time,line\r\n")
	})
	text, err := c.StatementAs(t.Context(), "alice", "2026-11", true, client.StatementCSV)
	if err != nil || string(text) != "time,line\r\n" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := c.StatementAs(t.Context(), "alice", "2026-11", true, client.StatementHTML); err == nil {
		t.Error("JSON was taken for a page")
	}
}

func TestRemindersGoOn(t *testing.T) {
	c, n := serve(t, client.Options{}, func(n int, w http.ResponseWriter, r *http.Request) {
		if want := [...]string{"", "0x12"}[n]; r.URL.Query().Get("after") != want || r.URL.Query().Get("day") != "2026-11-22" {
			t.Error(r.URL)
		}
		if n == 0 {
			w.Header().Set("Link", `</v1/reminders?after=0x12&day=2026-11-22&limit=1>; rel="next"`)
			_, _ = io.WriteString(w, `[]`)
			return
		}
		_, _ = io.WriteString(w, `[{"id":"a","data":{"days":30,"amount":"1.00"}}]`)
	})
	list, next, err := c.Reminders(t.Context(), "2026-11-22", "", 1)
	if err != nil || len(list) != 0 || next != "0x12" {
		t.Fatal(list, next, err)
	}
	list, next, err = c.Reminders(t.Context(), "2026-11-22", next, 1)
	if err != nil || len(list) != 1 || list[0].Data.Days != 30 || next != "" || n.Load() != 2 {
		t.Fatal(list, next, err)
	}
}
