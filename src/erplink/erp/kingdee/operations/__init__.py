"""What a 云星空 (K/3 Cloud) can do beyond its documents: any form, many documents at once, files, groups."""
