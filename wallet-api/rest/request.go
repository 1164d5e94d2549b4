package rest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/destinasia/dollars/chaincode/dollars"
	"github.com/destinasia/dollars/chaincode/eip712"
	"github.com/destinasia/dollars/wallet-api/wallet"
)

// Bounds of bodies, in bytes; those of booking events have their own.
const (
	maxBody    = 16 << 10
	maxIDsBody = 128 << 10 // maxEvents ids
)

// readBody reads the body, which must be of one of the media types, and tells which.
func readBody(c *gin.Context, limit int64, media ...string) (body []byte, got string, err error) {
	if enc := c.GetHeader("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, "", &wallet.Error{Code: codeMediaType, Detail: "the body must not be compressed"}
	}
	got, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	charset := params["charset"]
	if err != nil || !slices.Contains(media, got) || (charset != "" && !strings.EqualFold(charset, "utf-8")) {
		return nil, "", &wallet.Error{Code: codeMediaType, Detail: "the content type must be " + strings.Join(media, " or ") + ", in UTF-8"}
	}
	body, err = io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, "", &wallet.Error{Code: codeTooLarge, Detail: fmt.Sprintf("the body has more than %d bytes; nothing was accepted", limit)}
	case err != nil:
		return nil, "", &wallet.Error{Code: wallet.CodeMalformed, Detail: "the body ended early"}
	}
	return body, got, nil
}

// jsonBody reads a JSON body of at most limit bytes with the function that knows it.
func jsonBody[T any](c *gin.Context, limit int64, read func(*reader) T) (value T, raw []byte, err error) {
	raw, _, err = readBody(c, limit, mediaJSON)
	if err != nil {
		return value, nil, err
	}
	r := reader{data: raw}
	value = read(&r)
	return value, raw, r.end()
}

// noBody refuses a body where none is expected: its sender means something by it.
func noBody(c *gin.Context) error {
	n, _ := io.ReadFull(c.Request.Body, make([]byte, 1))
	if n > 0 {
		return &wallet.Error{Code: wallet.CodeMalformed, Detail: "this request takes no body"}
	}
	return nil
}

// readEventIDs reads which events are asked for.
func readEventIDs(r *reader) (ids []wallet.WorkID) {
	r.object(func(name []byte) bool {
		if string(name) != "ids" {
			return false
		}
		r.array(maxEvents, func(int) {
			var s string
			r.text(&s)
			id, err := wallet.ParseWorkID(s)
			if r.err == nil && err != nil {
				r.fail("is not an event's id: 64 hex digits")
			}
			ids = append(ids, id)
		})
		return true
	})
	r.require("/ids", len(ids) > 0)
	return ids
}

func readNewMember(r *reader) (m NewMember) {
	r.object(func(name []byte) bool {
		switch string(name) {
		case "id":
			r.text(&m.ID)
		case "account":
			m.Account = r.account()
		default:
			return false
		}
		return true
	})
	r.require("/id", m.ID != "")
	return m
}

func (r *reader) signature() (sig eip712.Signature) {
	var s string
	r.text(&s)
	raw, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
	if r.err == nil && (err != nil || len(raw) != len(sig) || !strings.HasPrefix(s, "0x")) {
		r.refuse("", dollars.CodeSignatureInvalid, "a signature is 0x and 130 hex digits: r, s and v")
		return sig
	}
	copy(sig[:], raw)
	return sig
}

func (r *reader) require(field string, given bool) {
	if !given {
		r.refuse(field, wallet.CodeMalformed, "is required")
	}
}

// idempotencyKey ties the sender's key to this very request: its method, path and body. They name members, and whoever
// reads the digest on disk must not be able to try who: so it takes a key, and what the sender chose is not kept either.
func (s *Server) idempotencyKey(c *gin.Context, key string, body []byte) (*wallet.IdempotencyKey, error) {
	if key == "" {
		return nil, nil
	}
	if len(key) > 255 {
		return nil, &wallet.Error{Code: wallet.CodeMalformed, Detail: "an Idempotency-Key has at most 255 bytes"}
	}
	client := callerOf(c).owner()
	return &wallet.IdempotencyKey{
		Client: client, Key: hex.EncodeToString(hmacOf(s.digests, client, "\n", key)),
		Digest: [32]byte(hmacOf(s.digests, c.Request.Method, " ", c.Request.URL.Path, "\n", string(body))),
	}, nil
}

func hmacOf(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		io.WriteString(h, part)
	}
	return h.Sum(nil)
}

// maxWait bounds Prefer: wait.
const maxWait = 30 * time.Second

// preferredWait reads Prefer (RFC 7240): the wait it asks for, at most maxWait. What it does not know, or cannot read,
// is no preference, as the RFC has it.
func preferredWait(prefer string) time.Duration {
	for preference := range strings.SplitSeq(prefer, ",") {
		preference, _, _ = strings.Cut(preference, ";")
		name, value, _ := strings.Cut(preference, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		seconds, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 32)
		if err != nil {
			return 0
		}
		return min(time.Duration(seconds)*time.Second, maxWait)
	}
	return 0
}

// pageSize is the limit asked for, or the document's default.
func pageSize(limit *Limit) int {
	if limit == nil {
		return 50
	}
	return *limit
}
