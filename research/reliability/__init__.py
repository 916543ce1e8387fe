"""What kills, full disks, damaged files and hostile clients leave behind."""
