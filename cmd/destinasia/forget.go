package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/destinasia/dollars/wallet-api/client"
)

type forgetting struct {
	id, out            string
	yes, abandonPoints bool
}

func newMemberForgetCommand(a *app) *cobra.Command {
	var f forgetting
	command := &cobra.Command{
		Use:   "forget ID",
		Short: "Destroy what ties a member to an account, and the key in custody",
		Long: "Forget a member: what tells whose account it is, and the key that the service held, are destroyed for good, and a\n" +
			"certificate of it is printed or written to a file. It is given once. What is on the ledger stays; nothing tells any\n" +
			"more whose it was. A key file of the member's own is theirs, and stays.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if f.id, err = memberID(args[0]); err != nil {
				return err
			}
			_, members, err := a.openAs(roleMember)
			if err == nil && !f.yes {
				err = a.confirm(cmd.InOrStdin(), f.id)
			}
			if err != nil {
				return err
			}
			return a.forget(cmd.Context(), members, f)
		},
	}
	command.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	command.Flags().StringVar(&f.out, "out", "", "write the certificate to this file, which must not exist")
	command.Flags().BoolVar(&f.abandonPoints, "abandon-points", false, "even if points are left that nobody could spend any more")
	return command
}

// confirm has the person type what is about to be destroyed.
func (a *app) confirm(in io.Reader, id string) error {
	fmt.Fprintf(a.errs, "What ties member %s to an account will be destroyed for good. Type the member's id to go on: ", id)
	typed, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(typed) != id {
		return errors.New("that is not the member's id; nothing was destroyed (without a terminal, use --yes)")
	}
	return nil
}

func (a *app) forget(ctx context.Context, members *client.Client, f forgetting) (err error) {
	out := a.out
	if f.out != "" {
		// The certificate is given once, so there must be a place for it before anything is destroyed.
		var file *os.File
		if file, err = os.OpenFile(f.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return fmt.Errorf("place for the certificate: %w; nothing was destroyed", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	certificate, err := members.ForgetMember(ctx, f.id, f.abandonPoints)
	if err != nil {
		if f.out != "" {
			err = errors.Join(err, os.Remove(f.out))
		}
		return a.advise(err)
	}
	return a.handOver(out, certificate)
}

// handOver prints a certificate, and what it can be told by.
func (a *app) handOver(out io.Writer, certificate client.ErasureCertificate) error {
	var text bytes.Buffer
	if err := printJSON(&text, certificate); err != nil {
		return err
	}
	if _, err := out.Write(text.Bytes()); err != nil {
		return fmt.Errorf("the member was forgotten, but the certificate could not be written: %w; it is\n%s", err, text.Bytes())
	}
	fmt.Fprintf(a.errs, "The member was forgotten. SHA-256 of the certificate: %x\n", sha256.Sum256(text.Bytes()))
	return nil
}
