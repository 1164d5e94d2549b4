// Package receipt makes and verifies what a member keeps of an order.
package receipt
