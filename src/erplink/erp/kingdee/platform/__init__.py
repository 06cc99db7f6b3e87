"""What Kingdee's open platforms (苍穹, 云星辰) have in common; 云星空 has its own ways."""
