"""Proof that nothing changed: hashes, trees and signed notes, over bytes alone. Knows nothing of cases."""
