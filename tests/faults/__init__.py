"""What must hold whatever fails: nothing lost, nothing paid twice, whoever dies and whenever."""
