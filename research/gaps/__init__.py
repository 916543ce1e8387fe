"""Do labels that training rows lack help a forecast?"""
