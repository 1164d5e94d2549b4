package interop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/earn"
	"github.com/hyperledger/fabric-sdk-go/pkg/client/channel"
	"github.com/hyperledger/fabric-sdk-go/pkg/client/ledger"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/errors/retry"
	"github.com/hyperledger/fabric-sdk-go/pkg/common/providers/fab"
	"github.com/hyperledger/fabric-sdk-go/pkg/core/config"
	"github.com/hyperledger/fabric-sdk-go/pkg/fabsdk"
)

// TestClassicClient starts a network of its own and, with nothing but the connection profile that `up` wrote, makes one
// transaction and reads the block it is in.
func TestClassicClient(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a real network; run without -short")
	}
	dir := startNetwork(t)
	sdk, err := fabsdk.New(config.FromFile(filepath.Join(dir, "connection-destinasia.json")))
	if err != nil {
		t.Fatal(err)
	}
	defer sdk.Close()
	as := sdk.ChannelContext("dollars", fabsdk.WithOrg("destinasia"), fabsdk.WithUser("issuer"))
	client, err := channel.New(as)
	if err != nil {
		t.Fatal(err)
	}

	booking := dollars.NewBookingID("interop", "1", "1")
	confirm := dollars.Confirm{
		Booking: booking, Account: dollars.Account{1},
		Facts: dollars.Facts{Kind: earn.Hotel, Price: 100_00, Currency: "EUR", Start: 20_000, End: 20_001},
	}
	batch := dollars.EncodeBatch(0, [][]byte{dollars.EncodeOperation(confirm)})
	response, err := client.Execute(channel.Request{ChaincodeID: "dsd", Fcn: "Apply", Args: [][]byte{batch}},
		channel.WithRetry(retry.DefaultChannelOpts), channel.WithTimeout(fab.Execute, 30*time.Second))
	if err != nil {
		t.Fatal(err)
	}

	record := committedBooking(t, client, booking)
	points, err := record.Points()
	if err != nil || record.State != dollars.BookingPending || points != 5_00 || record.Account != confirm.Account {
		t.Fatalf("the ledger has %+v, %v; want 5.00 pending", record, err)
	}

	blocks, err := ledger.New(as)
	if err != nil {
		t.Fatal(err)
	}
	block, err := blocks.QueryBlockByTxID(response.TransactionID)
	if err != nil {
		t.Fatal(err)
	}
	for _, envelope := range block.GetData().GetData() {
		if bytes.Contains(envelope, []byte(response.TransactionID)) {
			return
		}
	}
	t.Fatalf("block %d does not hold transaction %s", block.GetHeader().GetNumber(), response.TransactionID)
}

// committedBooking asks for the booking's record until the peer that answers has it: Execute returns when one peer has
// committed, and the query may reach another.
func committedBooking(t *testing.T, client *channel.Client, id dollars.BookingID) dollars.BookingRecord {
	t.Helper()
	request := channel.Request{ChaincodeID: "dsd", Fcn: "Get", Args: [][]byte{[]byte(dollars.BookingKey(id))}}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		query, err := client.Query(request)
		if err != nil {
			t.Fatal(err)
		}
		size, n := binary.Uvarint(query.Payload)
		if n <= 0 || int(size) != len(query.Payload)-n {
			t.Fatalf("Get answered %x", query.Payload)
		}
		if size == 0 && time.Now().Before(end) {
			continue
		}
		record, err := dollars.DecodeBookingRecord(query.Payload[n:])
		if err != nil {
			t.Fatalf("Get answered %x: %v", query.Payload, err)
		}
		return record
	}
}

// startNetwork builds the program of this checkout and runs its `up` in a directory of the test's own.
func startNetwork(t *testing.T) string {
	t.Helper()
	work := t.TempDir()
	program, dir := filepath.Join(work, "destinasia"), filepath.Join(work, "network")
	run := func(name string, args ...string) error {
		cmd := exec.Command(name, args...)
		cmd.Dir = filepath.Join("..", "..")
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
		}
		return nil
	}
	if err := run("go", "build", "-o", program, "./cmd/destinasia"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run(program, "down", "--dir", dir); err != nil {
			t.Error(err)
		}
	})
	if err := run(program, "up", "--dir", dir, "--port-base", strconv.Itoa(freePortBase(t))); err != nil {
		if logs, globErr := filepath.Glob(filepath.Join(dir, "logs", "*.log")); globErr == nil {
			for _, path := range logs {
				text, _ := os.ReadFile(path)
				t.Logf("%s:\n%s", path, text[max(0, len(text)-4000):])
			}
		}
		t.Fatal(err)
	}
	return dir
}

// freePortBase finds a stretch of ports nobody listens on.
func freePortBase(t *testing.T) int {
	t.Helper()
	for base := 30000; base < 32000; base += 100 {
		if stretchIsFree(base, 100) {
			return base
		}
	}
	t.Fatal("no 100 free ports in a row")
	return 0
}

func stretchIsFree(base, n int) bool {
	for port := base; port < base+n; port++ {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}
